package instance

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"gatehouse/node/document"
)

func answering(t *testing.T, answer http.HandlerFunc) document.Health {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return document.Health{URL: server.URL, TimeoutSeconds: 5}
}

func TestAskFollowsNoRedirect(t *testing.T) {
	followed := false
	other := answering(t, func(http.ResponseWriter, *http.Request) { followed = true })
	health := answering(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	answer, err := new(Node).ask(t.Context(), health)
	if followed || err != nil || !strings.HasPrefix(answer, "status 302") ||
		!strings.Contains(answer, strconv.Quote(other.URL)+", which health checks do not follow") {
		t.Errorf("followed %t, %q, %v", followed, answer, err)
	}
}

func TestAskShowsLittleOfAnAnswer(t *testing.T) {
	for body, shown := range map[string]string{
		"":                            "status 500",
		"no \x1b[31mdatabase\r\n\t\"": `status 500, "no [31mdatabase \""`,
		strings.Repeat("é", 500):      `status 500, "` + strings.Repeat("é", longestExcerpt) + `"…`,
	} {
		health := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(body))
		})
		if answer, err := new(Node).ask(t.Context(), health); answer != shown || err == nil || err.Error() != shown {
			t.Errorf("%q: %q, %v", body, answer, err)
		}
	}
}
