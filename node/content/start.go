package content

import (
	"bufio"
	"debug/elf"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"gatehouse/node/host"
)

// StartFault is why a unit cannot start a command: an absolute path, or a name that is looked up. It is "missing", "not a file",
// "mode", "line end", "interpreter PATH" or "processor NAME", and "" when the unit can.
func StartFault(h *host.Host, command string) string {
	if !filepath.IsAbs(command) {
		if lookUp(h, command) == "" {
			return "missing"
		}
		return ""
	}
	path := h.Path(command)
	file, err := os.Stat(path)
	switch {
	case err != nil:
		return "missing"
	case !file.Mode().IsRegular():
		return "not a file"
	case file.Mode()&0o001 == 0:
		return "mode"
	}
	interpreter, processor := needs(path)
	switch {
	case strings.HasSuffix(interpreter, "\r"):
		return lineEnd
	case processor != "" && processor != runtime.GOARCH:
		return "processor " + processor
	case interpreter != "" && missing(h, interpreter):
		return "interpreter " + interpreter
	}
	return ""
}

// lineEnd is the fault of a script whose first line ends as on Windows: Linux takes that for a part of the interpreter's name.
const lineEnd = "line end"

// InWords a fault, behind the path of the program.
func InWords(fault string) string {
	if interpreter, is := strings.CutPrefix(fault, "interpreter "); is {
		return "the program that starts it is not on this node: " + interpreter
	}
	if processor, is := strings.CutPrefix(fault, "processor "); is {
		return "it is built for " + processor + ", and this node is " + runtime.GOARCH
	}
	words := map[string]string{"missing": "there is no such file", "not a file": "it is not a file", "mode": "it is not executable",
		lineEnd: "its first line ends with a carriage return, which counts as part of the interpreter's name: convert its line ends (dos2unix)"}
	return words[fault]
}

func missing(h *host.Host, program string) bool {
	if filepath.IsAbs(program) {
		_, err := os.Stat(h.Path(program)) // a link to nothing starts nothing
		return err != nil
	}
	return lookUp(h, program) == ""
}

// unitPath is where systemd looks programs up for a unit.
var unitPath = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"}

func lookUp(h *host.Host, program string) string {
	for _, folder := range unitPath {
		if path, err := exec.LookPath(filepath.Join(h.Path(folder), program)); err == nil {
			return path
		}
	}
	return ""
}

var processors = map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386", elf.EM_ARM: "arm"}

// needs are the interpreter of a script or the dynamic loader of an ELF file, and the processor of an ELF file; "" when the file
// needs none.
func needs(path string) (interpreter, processor string) {
	if file, err := elf.Open(path); err == nil {
		defer file.Close()
		for _, header := range file.Progs {
			if header.Type == elf.PT_INTERP {
				loader, _ := io.ReadAll(io.LimitReader(header.Open(), 4096))
				interpreter = strings.TrimRight(string(loader), "\x00")
			}
		}
		return interpreter, processors[file.Machine]
	}
	return ofScript(path), ""
}

// ofScript is the interpreter of a script; for `#!/usr/bin/env NAME` it is NAME.
func ofScript(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	line, _ := bufio.NewReader(io.LimitReader(file, 256)).ReadString('\n')
	script, isScript := strings.CutPrefix(line, "#!")
	words := strings.FieldsFunc(strings.TrimSuffix(script, "\n"), func(letter rune) bool { return letter == ' ' || letter == '\t' })
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
