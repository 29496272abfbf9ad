package fence

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// answersHaveUsers says whether the kernel knows whose program answers a call. Where it does not, no answer is looked at, since all of
// them would be dropped: where every caller gets a cookie, which belongs to no socket (otherwise cookies are for a listener that is too
// full to take a call), and before Linux 5.12 at a listener of multipath TCP, which is Go's default where that is on.
func answersHaveUsers(h *host.Host) bool {
	setting := func(path string) string {
		text, _ := h.Read("/proc/sys/" + path)
		return strings.TrimSpace(string(text))
	}
	if setting("net/ipv4/tcp_syncookies") == "2" {
		return false
	}
	var major, minor int
	_, err := fmt.Sscanf(setting("kernel/osrelease"), "%d.%d", &major, &minor)
	early := err == nil && (major < 5 || major == 5 && minor < 12)
	return !early || setting("net/mptcp/enabled") != "1"
}

// overriddenUsers are those of units that have a drop-in of a person: the process may run as another user, and must go on to serve until
// a deploy takes the drop-in away.
func overriddenUsers(h *host.Host, fences map[string]document.Fence) []string {
	var users []string
	add := func(unit, user string) {
		for _, folder := range host.DropInFolders {
			if len(h.List(folder+"/"+unit+".service.d")) > 0 {
				users = append(users, user)
			}
		}
	}
	add("consul", agentUser)
	for name, one := range fences {
		add(name+"-sidecar-proxy", one.Envoy)
		add(name, cmp.Or(one.Service, one.Envoy))
	}
	return users
}

var xdsAddress = regexp.MustCompile(`-grpc-addr \S*:(\d+)`)

// otherXDS is the port of an agent that has its own.
func otherXDS(h *host.Host) []int {
	text, _ := h.Read(host.NodeEnv)
	found := xdsAddress.FindStringSubmatch(string(text))
	if found == nil {
		return nil
	}
	port, err := strconv.Atoi(found[1])
	if err != nil || slices.Contains(xdsPorts, port) {
		return nil
	}
	return []int{port}
}
