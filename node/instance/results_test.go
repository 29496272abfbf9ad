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
	found := string(withResults([]byte(text)))
	if strings.Count(found, `= "passing"`) != 3 || strings.Count(found, `interval = "60s"`) != 2 || !strings.Contains(found, `timeout  = "1s"`) {
		t.Error(found)
	}
	if file, err := definition.Read([]byte(found)); err != nil || len(file.Services) != 1 {
		t.Error(file, err)
	}
}
