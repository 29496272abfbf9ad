package look

import (
	"bufio"
	"context"
	"debug/elf"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// commands that services start, each with the reason why it cannot be started; "" when it can. The reasons are "missing", "not
// a file", "mode" and "interpreter PATH".
func (l *looker) commands(context.Context) {
	for _, command := range l.Commands {
		l.print("command", command, l.startFault(command))
	}
}

func (l *looker) startFault(command string) string {
	path := l.Host.Path(command)
	if !filepath.IsAbs(command) {
		if l.lookUp(command) == "" {
			return "missing"
		}
		return ""
	}
	file, err := os.Stat(path)
	switch {
	case err != nil:
		return "missing"
	case !file.Mode().IsRegular():
		return "not a file"
	case file.Mode()&0o001 == 0:
		return "mode"
	}
	if interpreter := interpreterOf(path); interpreter != "" && l.missing(interpreter) {
		return "interpreter " + interpreter
	}
	return ""
}

func (l *looker) missing(program string) bool {
	if filepath.IsAbs(program) {
		_, err := os.Stat(l.Host.Path(program)) // a link to nothing starts nothing
		return err != nil
	}
	return l.lookUp(program) == ""
}

// unitPath is where systemd looks programs up for a unit.
var unitPath = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"}

func (l *looker) lookUp(program string) string {
	for _, folder := range unitPath {
		if path, err := exec.LookPath(filepath.Join(l.Host.Path(folder), program)); err == nil {
			return path
		}
	}
	return ""
}

// interpreterOf a script, or the dynamic loader of an ELF file; "" when the file needs none. For `#!/usr/bin/env NAME` it is NAME.
func interpreterOf(path string) string {
	if file, err := elf.Open(path); err == nil {
		defer file.Close()
		for _, header := range file.Progs {
			if header.Type == elf.PT_INTERP {
				loader, _ := io.ReadAll(io.LimitReader(header.Open(), 4096))
				return strings.TrimRight(string(loader), "\x00")
			}
		}
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	line, _ := bufio.NewReader(io.LimitReader(file, 256)).ReadString('\n')
	script, isScript := strings.CutPrefix(line, "#!")
	words := strings.Fields(script)
	if !isScript || len(words) == 0 {
		return ""
	}
	if words[0] != "/usr/bin/env" {
		return words[0]
	}
	at := slices.IndexFunc(words[1:], func(word string) bool { return !strings.HasPrefix(word, "-") && !strings.Contains(word, "=") })
	if at < 0 {
		return ""
	}
	return words[1+at]
}
