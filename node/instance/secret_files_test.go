package instance_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance/fake"
)

const hidden = "password: hunter2\n"

// withSecretFile is a release whose app.yaml is a secret.
func withSecretFile(release, reload, version string) document.Instance {
	one := configured(release, reload)
	one.SecretFiles = []document.SecretFile{{Path: appYAML, Secret: "app", Version: version}}
	return one
}

func TestASecretConfigurationFileIsForTheServiceAlone(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	before := n.State()
	must(t, n.Apply(context.Background(), withSecretFile("r1", "", "1"), map[string]string{"app": hidden}))
	same(t, "content", n.Text(appYAML), hidden)
	for path, mode := range map[string]os.FileMode{host.Config: 0o700, host.Instances + "/web/releases/r1/secret-files.json": 0o600} {
		if info, err := os.Stat(n.Host.Path(path)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
	for _, path := range []string{host.Instances + "/web/releases/r1/instance.json", host.UnitDir + "/web.service", host.EnvDir + "/web.env"} {
		lacks(t, n.Text(path), "hunter2")
	}
	lacks(t, n.Printed(), "hunter2")
	n.Forget()
	must(t, n.Apply(context.Background(), withSecretFile("r2", "", "2"), map[string]string{"app": "other\n"}))
	same(t, "restarts", restarts(n), []string{"web.service"})
	must(t, n.Rollback(context.Background(), "web"))
	same(t, "content after the rollback", n.Text(appYAML), hidden)
	apply(t, n, configured("r3", ""))
	if n.Host.Exists(host.Config) {
		t.Error("the secret file is left")
	}
	must(t, n.Remove(context.Background(), "web"))
	same(t, "state", n.State(), before)
}

func TestAnotherSecretFileIsToldByASignal(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	must(t, n.Apply(context.Background(), withSecretFile("r1", "SIGHUP", "1"), map[string]string{"app": hidden}))
	n.Forget()
	must(t, n.Apply(context.Background(), withSecretFile("r2", "SIGHUP", "2"), map[string]string{"app": "other\n"}))
	same(t, "restarts", restarts(n), []string(nil))
	contains(t, strings.Join(n.Units.Calls(), "\n"), "signal web.service")
	same(t, "content", n.Text(appYAML), "other\n")
}

func TestAValueThatIsNoFileIsRefusedWithoutBeingShown(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	before := n.State()
	for value, reason := range map[string]string{
		"":                               "not empty",
		"hunter2\x00":                    "has to be text",
		"hunter2\r\n":                    "has to be text",
		strings.Repeat("hunter2", 40000): "may have 262144 together",
	} {
		err := n.Apply(context.Background(), withSecretFile("r1", "", "1"), map[string]string{"app": value})
		refused(t, err, reason)
		lacks(t, err.Error()+n.Printed(), "hunter2")
		same(t, "state", n.State(), before)
	}
}

func TestASecretFileOfAnotherServiceIsRefused(t *testing.T) {
	t.Parallel()
	n := fake.New(t)
	release := withSecretFile("r1", "", "1")
	release.SecretFiles[0].Path = host.Config + "/other/app.yaml"
	refused(t, n.Apply(context.Background(), release, map[string]string{"app": hidden}), "not a path of this instance")
}
