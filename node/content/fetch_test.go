package content_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/node/content"
	"gatehouse/node/testkit"
)

const text = "an artifact"

var sum = func() string { hash := sha256.Sum256([]byte(text)); return hex.EncodeToString(hash[:]) }()

func server(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/app", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/app", http.StatusFound) })
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, text)
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/drip", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	one := httptest.NewServer(mux)
	t.Cleanup(one.Close)
	return one.URL
}

func fetch(address, want string, most int64) (string, error) {
	return fetchIn(content.Patience{All: time.Minute, Answer: time.Minute}, address, want, most)
}

func fetchIn(patience content.Patience, address, want string, most int64) (string, error) {
	var got bytes.Buffer
	err := content.Fetch(context.Background(), address, want, &got, most, patience)
	return got.String(), err
}

func TestFetchFollowsARedirect(t *testing.T) {
	for _, path := range []string{"/app", "/moved"} {
		if got, err := fetch(server(t)+path, sum, 100); err != nil || got != text {
			t.Errorf("%s: got %q, %v", path, got, err)
		}
	}
}

// serverOfTheNetwork listens on an address of this machine that is not on loopback. It redirects to where it is asked to, or has the
// artifact.
func serverOfTheNetwork(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	testkit.Must(t, err)
	for _, address := range addresses {
		network, is := address.(*net.IPNet)
		if !is || !network.IP.IsGlobalUnicast() || network.IP.To4() == nil {
			continue
		}
		listener, err := net.Listen("tcp", net.JoinHostPort(network.IP.String(), "0"))
		testkit.Must(t, err)
		redirect := func(w http.ResponseWriter, r *http.Request) {
			if to := r.FormValue("to"); to != "" {
				http.Redirect(w, r, to, http.StatusFound)
			}
			fmt.Fprint(w, text)
		}
		one := httptest.NewUnstartedServer(http.HandlerFunc(redirect))
		one.Listener = listener
		one.Start()
		t.Cleanup(one.Close)
		return one.URL
	}
	t.Skip("SKIPPED: this machine has no address but on loopback")
	return ""
}

func TestFetchIsNotLedToWhatTheNodeHasForItself(t *testing.T) {
	asked := false
	agent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer agent.Close()
	port := agent.URL[strings.LastIndex(agent.URL, ":"):]
	from := serverOfTheNetwork(t)
	for _, host := range []string{"127.0.0.1", "localhost", "127.1.2.3", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		to := "http://" + host + port
		_, err := fetch(from+"/?to="+to, sum, 100)
		testkit.Refused(t, err, "an address of the node itself")
		_, err = fetch(from+"/?to="+url.QueryEscape(from+"/?to="+to), sum, 100)
		testkit.Refused(t, err, "an address of the node itself")
	}
	_, err := fetch(from+"/?to=http://169.254.169.254/latest", sum, 100)
	testkit.Refused(t, err, "an address of the node itself")
	if asked {
		t.Error("it was asked")
	}
	if got, err := fetch(from+"/?to="+from, sum, 100); err != nil || got != text {
		t.Errorf("to another of the network: %q, %v", got, err)
	}
}

func TestFetchSaysWhyNot(t *testing.T) {
	address := server(t)
	for path, reason := range map[string]string{
		"/nothing": "404",
		"/round":   "redirected more than 10 times",
		"/away":    "redirected to a file address",
		"/cut":     "unexpected EOF",
	} {
		_, err := fetch(address+path, sum, 10_000)
		testkit.Refused(t, err, reason)
	}
	_, err := fetchIn(content.Patience{All: time.Minute, Answer: 50 * time.Millisecond}, address+"/slow", sum, 100)
	testkit.Refused(t, err, "nothing answered in time")
	_, err = fetchIn(content.Patience{All: 50 * time.Millisecond, Answer: time.Minute}, address+"/drip", sum, 100)
	testkit.Refused(t, err, "longer than 50ms")
	_, err = fetch(address+"/app", strings.Repeat("0", 64), 100)
	testkit.Refused(t, err, "its SHA-256 is "+sum)
	_, err = fetch(address+"/app", sum, 3)
	testkit.Refused(t, err, "MiB")
	_, err = fetch("http://127.0.0.1:1/app", sum, 100)
	testkit.Refused(t, err, "connection refused")
}
