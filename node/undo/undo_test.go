package undo_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/node/undo"
)

func TestRunGoesBackwardsAndOnAfterAnError(t *testing.T) {
	var stack undo.Stack
	var order []string
	add := func(name string, err error) {
		stack.Add(name, func(context.Context) error {
			order = append(order, name)
			return err
		})
	}
	add("remove a", nil)
	add("remove b", errors.New("it is busy"))
	add("remove c", errors.New("it is full"))
	err := stack.Run(context.Background())
	if got := strings.Join(order, ", "); got != "remove c, remove b, remove a" {
		t.Errorf("order: %s", got)
	}
	if err == nil || err.Error() != "cannot remove c: it is full\ncannot remove b: it is busy" {
		t.Errorf("error: %v", err)
	}
	if !stack.Empty() || stack.Run(context.Background()) != nil {
		t.Error("a second run has something to do")
	}
}

func TestRunAfterACanceledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stack undo.Stack
	stack.Add("undo", func(ctx context.Context) error { return ctx.Err() })
	if err := stack.Run(ctx); err != nil {
		t.Error(err)
	}
}

func TestEachStepHasItsOwnTime(t *testing.T) {
	stack := undo.Stack{Timeout: 20 * time.Millisecond}
	stack.Add("be quick", func(ctx context.Context) error { return ctx.Err() })
	stack.Add("wait", func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	err := stack.Run(context.Background())
	if err == nil || err.Error() != "cannot wait: context deadline exceeded" {
		t.Errorf("error: %v", err)
	}
}

func TestForget(t *testing.T) {
	var stack undo.Stack
	forgotten := false
	stack.AddKept("undo", func(context.Context) error { return errors.New("it ran") }, func() error {
		forgotten = true
		return errors.New("it is busy")
	})
	stack.Add("undo", func(context.Context) error { return errors.New("it ran") })
	if err := stack.Forget(); err == nil || err.Error() != "it is busy" {
		t.Errorf("error: %v", err)
	}
	if err := stack.Run(context.Background()); err != nil || !forgotten {
		t.Errorf("error %v, forgotten %t", err, forgotten)
	}
}
