package look

import (
	"context"
	"fmt"
	"os"
	"slices"

	"gatehouse/node/sockets"
)

// listeners on the ports, and on those of what is registered: address and port as the kernel writes them, process, unit, program.
func (l *looker) listeners(context.Context) {
	all, _ := sockets.Listening()
	all = slices.DeleteFunc(all, func(socket sockets.Socket) bool {
		return !slices.Contains(l.Ports, socket.Port) && !slices.Contains(l.theirPorts, socket.Port)
	})
	if len(all) == 0 {
		return
	}
	owners := sockets.Owners()
	for _, socket := range all {
		pid, known := owners[socket.Inode]
		if !known {
			l.print("listener", socket.Kernel, "", "", "")
			continue
		}
		program, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		l.print("listener", socket.Kernel, fmt.Sprint(pid), sockets.UnitOf(pid), string(program))
	}
}

// open are sockets of services that other nodes can reach.
func (l *looker) open(ctx context.Context) {
	if l.Node.Units == nil {
		return
	}
	for _, name := range l.Services {
		unit, err := l.Node.Units.Unit(ctx, name)
		if err != nil {
			continue
		}
		for _, socket := range sockets.Open(unit.ControlGroup) {
			l.print("open", name, socket.Kernel)
		}
	}
}
