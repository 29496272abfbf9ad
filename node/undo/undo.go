// Package undo undoes changes. Each change registers how, before or as it is made. A run that cannot finish runs the stack,
// and one that is done forgets it.
package undo

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// stepTimeout is how long one step may take. A restart by systemd ends by itself within it.
const stepTimeout = 2 * time.Minute

// Stack of the steps that undo changes. The zero value is ready for use. Not for several goroutines at the same time.
type Stack struct {
	steps []step
	// Timeout of one step. Zero: two minutes.
	Timeout time.Duration
	// files whose earlier state is registered: only the first change of a file counts.
	files map[string]bool
}

type step struct {
	name   string
	undo   func(context.Context) error
	forget func() error
}

// Add registers how a change is undone. The name completes "cannot ...": "put back /etc/consul.d/consul.hcl".
func (s *Stack) Add(name string, undo func(ctx context.Context) error) {
	s.steps = append(s.steps, step{name, undo, nil})
}

// AddKept also registers a function that removes what only undo needs.
func (s *Stack) AddKept(name string, undo func(ctx context.Context) error, forget func() error) {
	s.steps = append(s.steps, step{name, undo, forget})
}

// Empty says whether there is nothing to undo.
func (s *Stack) Empty() bool { return len(s.steps) == 0 }

// Run undoes everything, the last change first. It goes on after an error, and also when ctx was canceled, which is often why
// it runs. Each step has its own time. The stack is empty afterwards.
func (s *Stack) Run(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	timeout := s.Timeout
	if timeout == 0 {
		timeout = stepTimeout
	}
	var failed []error
	for len(s.steps) > 0 {
		last := s.steps[len(s.steps)-1]
		s.steps = s.steps[:len(s.steps)-1]
		if err := run(ctx, timeout, last); err != nil {
			failed = append(failed, fmt.Errorf("cannot %s: %w", last.name, err))
		}
	}
	s.files = nil
	return errors.Join(failed...)
}

func run(ctx context.Context, timeout time.Duration, one step) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return one.undo(ctx)
}

// Forget everything: the changes stay. The error names the copies that could not be removed; they do no harm, and the next
// change of the same files removes them.
func (s *Stack) Forget() error {
	var failed []error
	for _, one := range s.steps {
		if one.forget != nil {
			failed = append(failed, one.forget())
		}
	}
	s.steps, s.files = nil, nil
	return errors.Join(failed...)
}
