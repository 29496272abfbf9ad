package fake

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/fence"
	"gatehouse/node/host"
)

// Worker is a release of a service without a port, with the upstream backend. words are more of its command line.
func Worker(name, release string, words ...string) document.Instance {
	worker := Service(name, release, words...)
	worker.Port = 0
	worker.Files = slices.Clone(worker.Files)
	for i, file := range worker.Files {
		text := strings.Replace(file.Content, " -port 9001", "", 1)
		text = strings.Replace(text, "  port = 9001\n\n  check {\n    name     = \"health\"\n    tcp      = \"127.0.0.1:9001\"\n  }\n", "", 1)
		worker.Files[i].Content = strings.Replace(text, `"port": 9001, `, "", 1)
	}
	return worker
}

// Job is a release of a service without a port and without upstreams.
func Job(name, release string, words ...string) document.Instance {
	job := Worker(name, release, words...)
	job.Kind, job.SidecarPort, job.AdminPort, job.Upstreams = document.Job, 0, 0, nil
	job.Files = slices.DeleteFunc(job.Files, func(file document.File) bool {
		return filepath.Dir(file.Path) == host.ConsulDir || strings.HasSuffix(file.Path, "-sidecar-proxy.service")
	})
	for i, file := range job.Files {
		if file.Path == fence.Path(name) {
			job.Files[i].Content = fmt.Sprintf(`{"service": "gatehouse-%s"}`+"\n", name)
		}
	}
	return job
}
