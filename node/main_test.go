package main

import (
	"context"
	"errors"
	"testing"
)

func TestAFailureAfterASignalNamesTheSignal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := errors.New("web could not be put into service\x1b[2J: context canceled; this node is as it was before")
	const clean = "web could not be put into service[2J: context canceled; this node is as it was before"
	if got := failure(ctx, err); got != clean {
		t.Error(got)
	}
	cancel()
	if got := failure(ctx, err); got != "a signal ended this run: "+clean {
		t.Error(got)
	}
}
