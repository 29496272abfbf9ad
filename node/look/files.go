package look

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/content"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/mark"
)

func (l *looker) files(context.Context) {
	for _, file := range l.Files {
		if sum, err := content.SHA256(l.Host.Path(file)); err == nil {
			l.print("file", file, sum)
		}
	}
}

// marks are the files that Gatehouse wrote, and the proxies that other units run.
func (l *looker) marks(context.Context) {
	for _, folder := range []string{host.ConsulDir, host.UnitDir} {
		ending := map[string]string{host.ConsulDir: ".hcl", host.UnitDir: ".service"}[folder]
		for _, name := range l.Host.List(folder) {
			path := filepath.Join(folder, name)
			text, err := l.Host.Read(path)
			switch {
			case err != nil || filepath.Ext(name) != ending || strings.HasPrefix(name, "."):
			case strings.HasPrefix(string(text), mark.Written+"."):
				l.print("written", path)
			case folder == host.UnitDir:
				ids := instance.ProxiesOf(string(text))
				slices.Sort(ids)
				for _, id := range slices.Compact(ids) {
					l.print("runs", path, id)
				}
			}
		}
	}
}
