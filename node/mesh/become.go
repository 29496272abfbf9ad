package mesh

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// Become replaces this program by another one; it returns only when that fails.
func Become(command ...string) error {
	program, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	// The other program would inherit the ignored signals: a journal that is followed would outlive its terminal or its pipe.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGPIPE) // with a handler, since Reset keeps what is ignored
	return syscall.Exec(program, command, os.Environ())
}
