package script_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/node/script"
	"gatehouse/node/testkit"
)

// serve a shell script on a socket.
func serve(t *testing.T, text string) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "web")
	listener, err := net.Listen("unix", socket)
	testkit.Must(t, err)
	done := make(chan error)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- script.Serve(ctx, listener, []string{"/bin/sh", "-c", text}) }()
	t.Cleanup(func() {
		cancel()
		testkit.Must(t, <-done)
	})
	return socket
}

func TestWhoAsksGetsExitCodeAndOutput(t *testing.T) {
	for text, want := range map[string]script.Result{
		"echo fine":           {0, "fine\n"},
		"echo bad >&2; false": {1, "bad\n"},
		"exit 3":              {3, ""},
		"kill -9 $$":          {script.Critical, "signal: killed"},
		"printf '\\377\\001'": {0, "\ufffd\x01"},
	} {
		socket := serve(t, text)
		for range 2 {
			if found, err := script.Ask(t.Context(), socket); err != nil || found != want {
				t.Errorf("%s: %+v, %v", text, found, err)
			}
		}
	}
}

func TestALongOutputIsCut(t *testing.T) {
	found, err := script.Ask(t.Context(), serve(t, "head -c 100000 /dev/zero; exit 4"))
	if err != nil || found.Exit != 4 || found.Output != strings.Repeat("\x00", 4096) {
		t.Errorf("%d, %d bytes, %v", found.Exit, len(found.Output), err)
	}
}

func TestAProgramThatIsNotThereIsCritical(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "web")
	listener, err := net.Listen("unix", socket)
	testkit.Must(t, err)
	go func() { _ = script.Serve(t.Context(), listener, []string{"/does/not/exist"}) }()
	found, err := script.Ask(t.Context(), socket)
	if err != nil || found.Exit != script.Critical || !strings.Contains(found.Output, "no such file") {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestAScriptThatTakesTooLongIsEndedWithWhatItStarted(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	socket := serve(t, "(sleep 2; touch "+mark+") & wait")
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := script.Ask(ctx, socket); err == nil || time.Since(began) > 1500*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	time.Sleep(2200*time.Millisecond - time.Since(began))
	if _, err := os.Stat(mark); err == nil {
		t.Error("what the script started goes on")
	}
}

func TestWithoutItsUnitThereIsNoAnswer(t *testing.T) {
	if _, err := script.Ask(t.Context(), filepath.Join(t.TempDir(), "web")); err == nil {
		t.Error("an answer of no unit")
	}
}
