package systemd

import (
	"context"
	"fmt"
	"math"
)

// Settings of a service's unit. Quotes, specifiers and line ends are resolved; variables in commands are not.
type Settings struct {
	// Command is the first of ExecStart: the program's full path, then its arguments.
	Command []string
	// Environment has NAME=value.
	Environment            []string
	EnvironmentFiles       []string
	User, WorkingDirectory string
	// MemoryMax in bytes and CPUQuota in percent of one processor; 0 without a limit.
	MemoryMax, CPUQuota uint64
}

// Settings implements Manager.
func (m *manager) Settings(ctx context.Context, name string) (Settings, error) {
	bus := m.bus()
	var found Settings
	var commands [][]any
	var files [][]any
	for _, one := range []struct {
		property string
		into     any
	}{
		{"ExecStart", &commands},
		{"Environment", &found.Environment},
		{"EnvironmentFiles", &files},
		{"User", &found.User},
		{"WorkingDirectory", &found.WorkingDirectory},
		{"MemoryMax", &found.MemoryMax},
		{"CPUQuotaPerSecUSec", &found.CPUQuota},
	} {
		property, err := ofService(bus)(ctx, name, one.property)
		if err == nil {
			err = property.Value.Store(one.into)
		}
		if err != nil {
			return Settings{}, fmt.Errorf("systemd does not say the %s of %s: %w", one.property, name, err)
		}
	}
	found.MemoryMax, found.CPUQuota = limit(found.MemoryMax), limit(found.CPUQuota)/10_000 // of 1,000,000 µs in a second
	if len(commands) > 0 && len(commands[0]) > 1 {
		path, _ := commands[0][0].(string)
		arguments, _ := commands[0][1].([]string)
		found.Command = append([]string{path}, arguments[min(1, len(arguments)):]...)
	}
	for _, file := range files {
		if path, isPath := file[0].(string); isPath {
			found.EnvironmentFiles = append(found.EnvironmentFiles, path)
		}
	}
	return found, nil
}

// limit of systemd, whose largest number is no limit.
func limit(value uint64) uint64 {
	if value == math.MaxUint64 {
		return 0
	}
	return value
}
