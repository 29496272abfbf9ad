package instance

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/script"
)

// longestExcerpt of an answer, in characters. It reaches the terminal of a deploy and its log.
const longestExcerpt = 80

// asked names a health check in a message; "" when it is enough that the service listens.
func asked(health document.Health) string {
	switch {
	case health.URL != "":
		return health.URL
	case health.GRPC != nil:
		return "grpc://" + health.GRPC.Server + "/" + health.GRPC.Service
	case len(health.Script) > 0:
		return strings.Join(health.Script, " ")
	}
	return health.TCP
}

// ask makes a health check, and describes the answer. No answer or a bad one is an error.
func (n *Node) ask(ctx context.Context, health document.Health) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(health.TimeoutSeconds*float64(time.Second)))
	defer cancel()
	switch {
	case health.URL != "":
		return askHTTP(ctx, health)
	case health.GRPC != nil:
		return askGRPC(ctx, *health.GRPC, health.TLS)
	case health.Socket != "":
		return n.askScript(ctx, health.Socket)
	case health.TCP != "":
		return "", askTCP(ctx, health.TCP)
	}
	return "", nil
}

// anyCertificate: a service's own port on loopback is asked.
func anyCertificate() *tls.Config { return &tls.Config{InsecureSkipVerify: true} } //nolint:gosec // see the comment

// askHTTP asks a URL. A redirect is an answer and not followed: root must not fetch what the service names. Consul's agent does not
// follow it either, and decides: a redirect is no good answer for it, unless the definition is one of an earlier version.
func askHTTP(ctx context.Context, health document.Health) (string, error) {
	request, err := http.NewRequestWithContext(ctx, health.Method, health.URL, nil)
	if err != nil {
		return "", err
	}
	for name, values := range health.Header {
		for _, value := range values {
			request.Header.Add(name, value)
		}
	}
	request.Host = request.Header.Get("Host")
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, Proxy: nil, TLSClientConfig: anyCertificate()},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, utf8.UTFMax*(longestExcerpt+1)))
	answer := fmt.Sprintf("status %d%s", response.StatusCode, excerpt(string(body)))
	if to := response.Header.Get("Location"); to != "" && response.StatusCode/100 == 3 {
		answer += fmt.Sprintf(", a redirect%s, which health checks do not follow: name the page itself in health.http", excerpt(to))
	}
	if response.StatusCode >= http.StatusBadRequest {
		return answer, errors.New(answer)
	}
	return answer, nil
}

// askScript has a service's sandbox run its health script. Consul takes exit code 1 for a warning, which is no good answer either.
func (n *Node) askScript(ctx context.Context, socket string) (string, error) {
	result, err := script.Ask(ctx, n.Host.Path(socket))
	if err != nil {
		return "", err
	}
	answer := fmt.Sprintf("exit status %d%s", result.Exit, excerpt(result.Output))
	if result.Exit != 0 {
		return answer, errors.New(answer)
	}
	return answer, nil
}

func askTCP(ctx context.Context, address string) error {
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return connection.Close()
}

// excerpt of a page in one quoted line.
func excerpt(page string) string {
	text := []rune(strings.Join(strings.Fields(host.Clean(page)), " "))
	switch {
	case len(text) == 0:
		return ""
	case len(text) <= longestExcerpt:
		return fmt.Sprintf(", %q", string(text))
	}
	return fmt.Sprintf(", %q…", string(text[:longestExcerpt]))
}
