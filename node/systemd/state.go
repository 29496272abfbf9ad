package systemd

import (
	"context"

	"github.com/coreos/go-systemd/v22/dbus"
)

// ShutsDown says whether this node is about to shut down or to restart. When systemd does not say, the answer is yes.
func ShutsDown(ctx context.Context) bool {
	conn, err := dbus.NewSystemdConnectionContext(ctx)
	if err != nil {
		return true
	}
	defer conn.Close()
	state, err := conn.GetManagerProperty("SystemState")
	return err != nil || state == `"stopping"`
}
