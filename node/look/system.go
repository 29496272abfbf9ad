package look

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"gatehouse/node/envoy"
	"gatehouse/node/fence"
)

// home of the user who logs in, and who else has access: Terraform puts its programs there.
func (l *looker) home(context.Context) {
	found, err := user.Lookup(l.Login)
	if err != nil {
		l.print("home", "", "")
		return
	}
	l.print("home", found.HomeDir, access(found.HomeDir))
}

// access to a path: mode, owner and group, as `stat -c '%a %U %G'` prints it.
func access(path string) string {
	var stat unix.Stat_t
	if unix.Stat(path, &stat) != nil {
		return ""
	}
	owner, group := fmt.Sprint(stat.Uid), fmt.Sprint(stat.Gid)
	if found, err := user.LookupId(owner); err == nil {
		owner = found.Username
	}
	if found, err := user.LookupGroupId(group); err == nil {
		group = found.Name
	}
	return fmt.Sprintf("%o %s %s", stat.Mode&0o7777, owner, group)
}

// patience with a program that is asked for its version.
const patience = 10 * time.Second

var versionNumber = regexp.MustCompile(`\d+\.\d+\.\d+`)

func (l *looker) programs(ctx context.Context) {
	for _, program := range l.Programs {
		if _, err := exec.LookPath(program); err != nil {
			l.print("missing", program)
			continue
		}
		switch program {
		case "consul":
			l.print("version", program, versionNumber.FindString(said(ctx, program, "version")))
		case "envoy":
			l.print("version", program, envoy.Version(said(ctx, program, "--version")))
		}
	}
}

// said is the output of a program, even of one that fails. Without CHECKPOINT_DISABLE, Consul would ask the internet.
func said(ctx context.Context, program string, args ...string) string {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	command.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1")
	out, _ := command.Output()
	return string(out)
}

var systemdVersion = regexp.MustCompile(`^systemd (\d+)`)

// system: process 1, systemd's version and state, and the resources that systemd can limit: cgroup v2 has a list of them, v1
// a folder for each.
func (l *looker) system(ctx context.Context) {
	init, _ := os.ReadFile("/proc/1/comm")
	l.print("init", string(init))
	version := ""
	if found := systemdVersion.FindStringSubmatch(said(ctx, "systemctl", "--version")); found != nil {
		version = found[1]
	}
	l.print("systemd", version, said(ctx, "systemctl", "is-system-running"))
	controllers, err := os.ReadFile("/sys/fs/cgroup/cgroup.controllers")
	if err != nil {
		entries, _ := os.ReadDir("/sys/fs/cgroup")
		for _, entry := range entries {
			controllers = append(controllers, (entry.Name() + "  ")...)
		}
	}
	l.print("controllers", strings.TrimSpace(string(controllers)))
}

// fences says why the kernel cannot close ports on loopback; nothing where it can.
func (l *looker) fences(context.Context) {
	if _, err := (fence.Netfilter{}).Read(); err != nil {
		l.print("nofence", err.Error())
	}
}

// hostKeys are the public halves of the keys that sshd shows; only root may ask sshd itself.
func (l *looker) hostKeys(ctx context.Context) {
	var keys []string
	for _, line := range strings.Split(said(ctx, "sshd", "-T"), "\n") {
		if key, isKey := strings.CutPrefix(line, "hostkey "); isKey {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		keys, _ = filepath.Glob(l.Host.Path("/etc/ssh/ssh_host_*_key"))
	}
	for _, key := range keys {
		if text, err := os.ReadFile(key + ".pub"); err == nil {
			words := strings.Fields(string(text))
			l.print("hostkey", strings.Join(words[:min(2, len(words))], " "))
		}
	}
}

// folders, or their nearest parents that exist: device, free KiB, all and free inodes.
func (l *looker) folders(context.Context) {
	for _, folder := range l.Folders {
		there := l.Host.Existing(folder)
		var file unix.Stat_t
		var system unix.Statfs_t
		if unix.Stat(there, &file) == nil && unix.Statfs(there, &system) == nil {
			free := system.Bavail * uint64(system.Bsize) / 1024
			l.print("disk", folder, fmt.Sprint(file.Dev), fmt.Sprint(free), fmt.Sprintf("%d %d", system.Files, system.Ffree))
		}
		if unix.Access(there, unix.W_OK) != nil {
			l.print("readonly", folder)
		}
	}
}
