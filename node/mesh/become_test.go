package mesh

import (
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestFollowingAJournalEndsWithItsTerminal starts itself again, as a program that ignores what main ignores.
func TestFollowingAJournalEndsWithItsTerminal(t *testing.T) {
	if os.Getenv("GATEHOUSE_BECOMES") != "" {
		signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
		t.Fatal(Become("grep", "SigIgn", "/proc/self/status"))
	}
	child := exec.Command(os.Args[0], "-test.run", t.Name())
	child.Env = append(os.Environ(), "GATEHOUSE_BECOMES=yes")
	out, err := child.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ignored, err := strconv.ParseUint(strings.TrimSpace(strings.TrimPrefix(string(out), "SigIgn:")), 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []syscall.Signal{syscall.SIGHUP, syscall.SIGPIPE} {
		if ignored&(1<<(one-1)) != 0 {
			t.Errorf("%s is ignored", one)
		}
	}
}
