package look

import (
	"context"

	"gatehouse/node/content"
)

// commands that services start, each with the reason why a unit cannot start it; "" when it can.
func (l *looker) commands(context.Context) {
	for _, command := range l.Commands {
		l.print("command", command, content.StartFault(l.Host, command))
	}
}
