package instance

import "gatehouse/node/document"

// listener is a port that has to be open, and the unit whose process has to hold it.
type listener struct {
	port int
	unit string
}

func portsOf(all []listener) []int {
	ports := make([]int, len(all))
	for i, one := range all {
		ports[i] = one.port
	}
	return ports
}

// listeners of an instance, that of its main process first if others call it.
func listeners(release document.Instance) []listener {
	if release.Kind == document.Job {
		return nil
	}
	if release.Kind != document.Service {
		return []listener{{release.AdminPort, mainUnit(release.Name)}}
	}
	var found []listener
	if release.Port != 0 {
		found = append(found, listener{release.Port, processUnit(release)})
	}
	found = append(found, listener{release.SidecarPort, sidecarUnit(release.Name)})
	for _, upstream := range release.Upstreams {
		found = append(found, listener{upstream.LocalPort, sidecarUnit(release.Name)})
	}
	return found
}
