package look

import (
	"context"
)

// units as `systemctl show` prints them: a block for each unit, and an empty line after it.
func (l *looker) units(ctx context.Context) {
	if l.Node.Units == nil {
		return
	}
	for _, name := range l.Questions.Units {
		unit, err := l.Node.Units.Unit(ctx, name)
		if err != nil {
			continue
		}
		for _, line := range []string{"Id=" + name, "FragmentPath=" + unit.FragmentPath, "ActiveState=" + unit.ActiveState, ""} {
			l.print("unit", line)
		}
	}
}
