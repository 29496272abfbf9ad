package main

import "context"

func meshCommand(context.Context, []string) int { return exitUsage }
