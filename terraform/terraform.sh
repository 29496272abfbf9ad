#!/bin/sh
# Terraform that outlives its terminal. cdktf ends at once on Ctrl-C, and takes the terminal in which it runs Terraform
# away: without this, that kills Terraform before it has written its state. With it, Terraform hears the Ctrl-C, ends what
# it is doing in order, and lets go of its lock a moment later.
trap '' HUP
exec terraform "$@"
