package instance

import (
	"strings"
	"testing"

	"gatehouse/node/definition"
)

func TestTheOnlyInstanceBeginsWithResultsAndIsNotLookedAtForAMinute(t *testing.T) {
	t.Parallel()
	text := `service {
  id   = "web"
  name = "web"

  check {
    name     = "health"
    tcp      = "127.0.0.1:9001"
    interval = "2s"
    timeout  = "1s"
  }

  connect {
    sidecar_service {
      checks = [
        {
          name     = "sidecar listener"
          interval = "1s"
        },
        {
          name          = "service"
          alias_service = "web"
        },
      ]
    }
  }
}
`
	found := string(whileClosed("web", []byte(text)))
	if strings.Count(found, `= "passing"`) != 3 || strings.Count(found, `interval = "60s"`) != 2 || !strings.Contains(found, `timeout  = "1s"`) {
		t.Error(found)
	}
	// An id that was never there before: else Consul has the check begin with the result that it last had for the id.
	for _, id := range []string{`id = "gatehouse-taking-over-web-1"`, `id = "gatehouse-taking-over-web-2"`, `id = "gatehouse-taking-over-web-3"`} {
		if !strings.Contains(found, id) {
			t.Errorf("no %s in %s", id, found)
		}
	}
	again := string(withResults([]byte(text)))
	if strings.Count(again, `= "passing"`) != 3 || strings.Contains(again, "60s") || strings.Contains(again, "taking-over") {
		t.Error(again)
	}
	if file, err := definition.Read([]byte(found)); err != nil || len(file.Services) != 1 {
		t.Error(file, err)
	}
}
