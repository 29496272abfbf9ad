package fence

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gatehouse/node/host"
)

// alwaysCookies says whether the kernel answers every caller with a cookie. Such an answer belongs to no socket, so that no program could
// answer at a port where only some users may. Otherwise cookies are for a listener that is too full to take a call.
func alwaysCookies(h *host.Host) bool {
	text, _ := h.Read("/proc/sys/net/ipv4/tcp_syncookies")
	return strings.TrimSpace(string(text)) == "2"
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
