package fake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/fence"
	"gatehouse/node/host"
	"gatehouse/node/instance"
)

// Written is the first line of each file of a release.
const Written = "# Written by Gatehouse. Edit the mesh's declaration instead.\n"

// Service is a release of a service that listens on 9001, with the upstream backend. words are more of its command line.
func Service(name, release string, words ...string) document.Instance {
	return document.Instance{
		Owner: Owner, Name: name, Kind: document.Service, Release: release,
		Files: []document.File{
			{Path: filepath.Join(host.ConsulDir, name+".hcl"), Mode: "0644", Content: Definition(name)},
			{Path: filepath.Join(host.UnitDir, name+".service"), Mode: "0644", Content: Written + fmt.Sprintf(
				"[Unit]\nDescription=%s, a service of mesh shop\n[Service]\nExecStart=/usr/bin/%s -port 9001 %s\n", name, name, strings.Join(words, " "))},
			{Path: filepath.Join(host.UnitDir, name+"-sidecar-proxy.service"), Mode: "0644", Content: Written + fmt.Sprintf(
				"[Unit]\nDescription=Envoy sidecar of %s, mesh shop\n[Service]\nExecStart=consul connect envoy -sidecar-for %s -admin-bind 127.0.0.1:19000 -port 21000 -port 5000\n", name, name)},
			{Path: filepath.Join(host.EnvDir, name+".env"), Mode: "0600", Content: "LEVEL=\"info\"\n"},
			{Path: fence.Path(name), Mode: "0644", Content: fmt.Sprintf(
				`{"envoy": "gatehouse-%s_sidecar", "service": "gatehouse-%s", "port": 9001, "adminPort": 19000, "upstreams": [5000]}`+"\n", name, name)},
		},
		Port: 9001, SidecarPort: 21000, AdminPort: 19000,
		Upstreams: []document.Upstream{{Name: "backend", LocalPort: 5000}},
		Health:    document.Health{Direct: true, TimeoutSeconds: 1, SteadySeconds: 0.0001},
	}
}

// Definition of a service in Consul.
func Definition(name string) string {
	return Written + fmt.Sprintf(`service {
  id   = %q
  name = %q
  port = 9001

  check {
    name     = "health"
    tcp      = "127.0.0.1:9001"
  }

  connect {
    sidecar_service {
      proxy {
        upstreams = [
          {
            destination_name = "backend"
            local_bind_port  = 5000
          },
        ]
      }
    }
  }
}
`, name, name)
}

// Gateway is a release of a gateway that listens on 8080 by its routes.
func Gateway(name, release string, words ...string) document.Instance {
	return document.Instance{
		Owner: Owner, Name: name, Kind: document.IngressGateway, Release: release,
		Files: []document.File{
			{Path: filepath.Join(host.ConsulDir, name+".hcl"), Mode: "0644", Content: Written + fmt.Sprintf(
				"service {\n  id   = %q\n  name = %q\n  kind = \"ingress-gateway\"\n\n  check {\n    name     = \"Envoy is ready\"\n  }\n}\n", name, name)},
			{Path: filepath.Join(host.UnitDir, name+".service"), Mode: "0644", Content: Written + fmt.Sprintf(
				"[Unit]\nDescription=Ingress gateway %s of mesh shop\n[Service]\nExecStart=consul connect envoy -gateway ingress -admin-bind 127.0.0.1:19001 -port 8080 %s\n",
				name, strings.Join(words, " "))},
			{Path: fence.Path(name), Mode: "0644", Content: fmt.Sprintf(`{"envoy": "gatehouse-%s", "adminPort": 19001}`+"\n", name)},
		},
		AdminPort: 19001,
		Health:    document.Health{Direct: true, TimeoutSeconds: 1, SteadySeconds: 0.0001},
	}
}

// WithBinary has a service run an uploaded binary of this content.
func (n *Node) WithBinary(release document.Instance, content string) document.Instance {
	n.t.Helper()
	sum := sha256.Sum256([]byte(content))
	release.Binary = &document.Binary{SHA256: hex.EncodeToString(sum[:]), Name: release.Name, Resource: "binary_worker1_" + hex.EncodeToString(sum[:6])}
	release.Files = append([]document.File(nil), release.Files...)
	for i, file := range release.Files {
		path := filepath.Join(host.Binaries, release.Binary.SHA256, release.Name)
		release.Files[i].Content = strings.Replace(file.Content, "ExecStart=/usr/bin/"+release.Name, "ExecStart="+path, 1)
	}
	n.Put(filepath.Join(instance.Incoming(release.Mesh), release.Binary.SHA256), content)
	return release
}

// OfUnit is a service's release whose process is of another unit, which listens on its port.
func OfUnit(unit string, release document.Instance) document.Instance {
	release.Unit = unit
	files := release.Files
	release.Files = nil
	for _, file := range files {
		switch file.Path {
		case filepath.Join(host.UnitDir, release.Name+".service"), filepath.Join(host.EnvDir, release.Name+".env"):
			continue
		case fence.Path(release.Name):
			file.Content = fmt.Sprintf(`{"envoy": "gatehouse-%s_sidecar", "adminPort": 19000, "upstreams": [5000]}`+"\n", release.Name)
		}
		release.Files = append(release.Files, file)
	}
	return release
}
