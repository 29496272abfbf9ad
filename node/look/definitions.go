package look

import (
	"cmp"
	"context"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gatehouse/node/host"
)

// definitions: Consul's configuration files that define one of the names. `destination_name` of an upstream does not count.
func (l *looker) definitions(context.Context) {
	if len(l.Names) == 0 {
		return
	}
	quoted := make([]string, len(l.Names))
	for i, name := range l.Names {
		quoted[i] = regexp.QuoteMeta(name)
	}
	defines := regexp.MustCompile(`(?:^|[^_[:alnum:]])"?name"?[ \t]*[=:][ \t]*"(` + strings.Join(quoted, "|") + `)"`)
	var lines []string
	for _, file := range l.Host.List(host.ConsulDir) {
		if extension := filepath.Ext(file); extension != ".hcl" && extension != ".json" || strings.HasPrefix(file, ".") {
			continue
		}
		path := filepath.Join(host.ConsulDir, file)
		text, _ := l.Host.Read(path)
		for _, line := range strings.Split(string(text), "\n") {
			for _, found := range defines.FindAllStringSubmatch(line, -1) {
				lines = append(lines, path+"\t"+found[1])
				l.defining = append(l.defining, path)
			}
		}
	}
	l.defining = slices.Compact(l.defining)
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		l.print(append([]string{"definition"}, strings.Split(line, "\t")...)...)
	}
}

// settings are ids and ports in the files that define one of the names.
func (l *looker) settings(context.Context) {
	var lines []string
	for _, path := range l.defining {
		text, _ := l.Host.Read(path)
		for _, line := range strings.Split(string(text), "\n") {
			for _, found := range setting.FindAllStringSubmatch(line, -1) {
				lines = append(lines, strings.Join([]string{path, cmp.Or(found[1], found[3]), found[2] + found[4]}, "\t"))
			}
		}
	}
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		words := strings.Split(line, "\t")
		if port, err := strconv.Atoi(words[2]); err == nil && words[1] == "port" {
			l.theirPorts = append(l.theirPorts, port)
		}
		l.print(append([]string{"setting"}, words...)...)
	}
}

var setting = regexp.MustCompile(`(?:^|[^_[:alnum:]])"?(?:(id)"?[ \t]*[=:][ \t]*"([^"]*)"|(port)"?[ \t]*[=:][ \t]*(\d+))`)
