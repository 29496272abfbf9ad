package undo

import (
	"context"
	"fmt"
)

// Steps of a change, one after the other, until one fails or a signal ends the run.
func Steps(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if ctx.Err() != nil {
			return Ended(ctx)
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Ended is the error of a run that a signal ended.
func Ended(ctx context.Context) error {
	return fmt.Errorf("the run was ended before it was done (%w)", context.Cause(ctx))
}
