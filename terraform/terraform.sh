#!/bin/sh
# Starts Terraform, for Gatehouse's own commands and for a person's cdktf, with the settings that belong to the command.
#
# Terraform outlives its terminal: cdktf ends at once on Ctrl-C, and takes the terminal in which it runs Terraform away.
# Without this, that kills Terraform before it has written its state. With it, Terraform hears the Ctrl-C, ends what it is
# doing in order, and lets go of its lock a moment later.
trap '' HUP
here=$(dirname "$0")

folder=.
command=
for word in "$@"; do
  case $word in
    -chdir=*) folder=${word#-chdir=} ;;
    -*) ;;
    *) command=$word; break ;;
  esac
done

case $command in
  plan | apply | destroy)
    # A run that was killed leaves the note that Terraform makes with its lock.
    for note in "$here"/../.terraform.*.tfstate.lock.info; do
      if [ -e "$note" ]; then
        node --require "$here/../node_modules/tsx/dist/cjs/index.cjs" "$here/../commands/repair.ts" "$folder" || exit
        break
      fi
    done
    case $command in
      plan) given=${TF_CLI_ARGS_plan-} ;;
      apply) given=${TF_CLI_ARGS_apply-} ;;
      *) given=${TF_CLI_ARGS_destroy-} ;;
    esac
    settings=
    case ${GATEHOUSE_BACKEND-} in
      # A server chooses the parallelism, and a lock that times out there cancels the run with exit code 0.
      cloud | remote) ;;
      *)
        # A run that was just interrupted holds the state for some seconds.
        case $given in *-lock*) ;; *) settings="$settings -lock-timeout=2m" ;; esac
        # Nearly all that Terraform does is waiting for nodes, for which its own limit of ten is low.
        case $command$given in plan* | *-parallelism*) ;; *) settings="$settings -parallelism=32" ;; esac
        ;;
    esac
    if [ -n "$settings" ]; then export "TF_CLI_ARGS_$command=$given$settings"; fi
    ;;
esac
exec "${GATEHOUSE_TERRAFORM:-terraform}" "$@"
