package systemd

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/coreos/go-systemd/v22/dbus"
	godbus "github.com/godbus/dbus/v5"
)

// timerStart is one line of a timer, as systemd's D-Bus API has it.
type timerStart struct {
	Base         string
	Microseconds uint64
}

// Later has systemd run this program with these words after a delay, also when the program that asks is killed. systemd forgets
// the units once they ran.
func Later(ctx context.Context, delay time.Duration, words ...string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	conn, err := dbus.NewSystemdConnectionContext(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	name := fmt.Sprintf("gatehouse-later-%d", time.Now().UnixNano())
	description := dbus.PropDescription(fmt.Sprintf("Gatehouse: %q, later", words))
	timer := []dbus.Property{
		description,
		{Name: "TimersMonotonic", Value: godbus.MakeVariant([]timerStart{{"OnActiveSec", uint64(delay.Microseconds())}})},
		{Name: "RemainAfterElapse", Value: godbus.MakeVariant(false)},
	}
	service := dbus.PropertyCollection{Name: name + ".service", Properties: []dbus.Property{
		description,
		dbus.PropExecStart(append([]string{program}, words...), false),
		{Name: "CollectMode", Value: godbus.MakeVariant("inactive-or-failed")},
	}}
	_, err = conn.StartTransientUnitAux(ctx, name+".timer", "fail", timer, []dbus.PropertyCollection{service}, nil)
	return err
}
