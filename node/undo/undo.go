// Package undo keeps how each step of a change is taken back.
package undo

import (
	"context"
	"errors"
	"fmt"
)

type step struct {
	name string
	undo func(ctx context.Context) error
}

// Stack of steps that can be undone. The zero value is empty.
type Stack struct{ steps []step }

// Add registers how the step that comes next is undone; name says what undoing does: "restart backend.service".
func (s *Stack) Add(name string, undo func(ctx context.Context) error) {
	s.steps = append(s.steps, step{name, undo})
}

// Run undoes everything, the last step first. It goes on after an error and returns all of them. It also runs when ctx is
// canceled: whatever ends a change, the way back is taken.
func (s *Stack) Run(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var failed []error
	for len(s.steps) > 0 {
		last := s.steps[len(s.steps)-1]
		s.steps = s.steps[:len(s.steps)-1]
		if err := last.undo(ctx); err != nil {
			failed = append(failed, fmt.Errorf("could not %s: %w", last.name, err))
		}
	}
	return errors.Join(failed...)
}

// Forget everything: the change is done.
func (s *Stack) Forget() { s.steps = nil }
