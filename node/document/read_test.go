package document

import (
	"strings"
	"testing"
)

func TestReadTakesADocument(t *testing.T) {
	sweep, err := Read[Sweep](strings.NewReader(`{"mesh": "shop", "node": "worker1", "instances": ["web"], "binaries": [], "letGo": []}`))
	if err != nil || sweep.Mesh != "shop" || len(sweep.Instances) != 1 {
		t.Errorf("got %+v, %v", sweep, err)
	}
}

func TestReadRefusesADocumentOfAnotherVersion(t *testing.T) {
	for _, text := range []string{`{"mesh": "shop", "unknown": 1}`, ``, `[]`, `{"mesh": 1}`} {
		if _, err := Read[Owner](strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "is not what this gatehouse-node reads") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestValidName(t *testing.T) {
	for _, good := range []string{"web", "web-1", "Web_1.2"} {
		if !ValidName(good) {
			t.Errorf("%q is a name", good)
		}
	}
	for _, bad := range []string{"", ".", "..", "a/b", "a b", "a\n", `"|.|"`, "ä", "$(x)"} {
		if ValidName(bad) {
			t.Errorf("%q is no name", bad)
		}
	}
}

func TestTheModeOfAFileIsOctal(t *testing.T) {
	for mode, ok := range map[string]bool{"0644": true, "0700": true, "0999": false, "rw": false, "": false, "4755": false} {
		if got, err := (File{Path: "/etc/a", Mode: mode}).FileMode(); (err == nil) != ok {
			t.Errorf("%q: %v %v", mode, got, err)
		}
	}
}
