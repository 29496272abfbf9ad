package systemd

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// lostJobs are jobs whose results never arrive, since systemd closed the connection.
func lostJobs(look func() (busy bool, state string, err error)) jobs {
	return jobs{
		verb:  "restart",
		begin: func(context.Context, string, string, chan<- string) (int, error) { return 1, nil },
		lost:  func() bool { return true },
		look:  func(context.Context, string) (bool, string, error) { return look() },
		done:  isActive,
		poll:  time.Millisecond,
	}
}

func TestAJobIsFollowedAfterSystemdClosedTheConnection(t *testing.T) {
	looks := 0
	err := lostJobs(func() (bool, string, error) {
		looks++
		if looks < 3 {
			return true, "deactivating", nil
		}
		return false, "active", nil
	}).do(t.Context(), []string{"a.service"})
	if err != nil || looks != 3 {
		t.Errorf("%v after %d looks", err, looks)
	}
}

func TestAJobThatFailedMeanwhileIsReported(t *testing.T) {
	for want, look := range map[string]func() (bool, string, error){
		"systemd could not restart a.service: it is failed": func() (bool, string, error) { return false, "failed", nil },
		"systemd closed the connection":                     func() (bool, string, error) { return false, "", errors.New("gone") },
	} {
		err := lostJobs(look).do(t.Context(), []string{"a.service"})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestASignalEndsTheWaitForAJob(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	never := lostJobs(nil)
	never.lost = func() bool { return false }
	if err := never.do(ctx, []string{"a.service", "b.service"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestResultsOfJobs(t *testing.T) {
	answers := lostJobs(nil)
	answers.lost = func() bool { return false }
	answers.begin = func(_ context.Context, unit, _ string, done chan<- string) (int, error) {
		done <- map[string]string{"a.service": "done", "b.service": "timeout"}[unit]
		return 1, nil
	}
	if err := answers.do(t.Context(), []string{"a.service"}); err != nil {
		t.Error(err)
	}
	if err := answers.do(t.Context(), []string{"a.service", "b.service"}); err == nil || err.Error() != "systemd could not restart b.service: timeout" {
		t.Error(err)
	}
}
