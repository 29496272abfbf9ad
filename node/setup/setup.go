// Package setup makes a node ready for instances: it makes the folders, and installs the `mesh` command, Envoy's flags, the
// drain unit and the tokens of instances.
package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gatehouse/node/consul"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/instance"
	"gatehouse/node/systemd"
	"gatehouse/node/undo"
	"gatehouse/node/xds"
)

const (
	drainName = "gatehouse-drain.service"
	drainUnit = host.UnitDir + "/" + drainName
	fenceName = "gatehouse-fence.service"
	fenceUnit = host.UnitDir + "/" + fenceName
	xdsCA     = host.ConsulDir + "/tls/xds-ca.pem"
	// foreignCA is the file for the authority of an agent that Gatehouse did not set up.
	foreignCA = host.Gatehouse + "/xds-ca.pem"
)

var root = host.Owner{}

type setup struct {
	h     *host.Host
	units systemd.Manager
	agent Agent
	tools Tools
	doc   document.Setup
	// way to an agent that Gatehouse did not set up.
	way  *xds.Way
	undo undo.Stack
}

// Run makes a node ready for instances. If that fails, the node is as it was before.
func Run(ctx context.Context, h *host.Host, units systemd.Manager, agent Agent, tools Tools, doc document.Setup) error {
	s := &setup{h: h, units: units, agent: agent, tools: tools, doc: doc}
	release, err := h.Lock(ctx, "setup")
	if err != nil {
		return err
	}
	defer release()
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := s.change(ctx); err != nil {
		if undone := s.undo.Run(ctx); undone != nil {
			return fmt.Errorf("%w; this node could not go back to how it was: %w. Correct that and deploy again", err, undone)
		}
		return fmt.Errorf("%w; what had been changed was put back", err)
	}
	s.undo.Forget()
	if err := undo.Clean(h, host.MeshFile, drainUnit, fenceUnit, host.NodeFile, host.RecordFile(doc.Mesh), host.NodeEnv, foreignCA); err != nil {
		return err
	}
	if err := errors.Join(removeEarlier(h), removeEarlierArriving(h, doc.Mesh)); err != nil {
		return err
	}
	h.Say("%s is ready", doc.Node)
	return nil
}

// prepare changes nothing.
func (s *setup) prepare(ctx context.Context) error {
	if err := s.h.CheckOwner(s.doc.Owner); err != nil {
		return err
	}
	if err := s.checkOthers(); err != nil {
		return err
	}
	isOther := func(file *document.File, path string) bool { return file != nil && file.Path != path }
	if isOther(&s.doc.MeshCommand, host.MeshFile) || isOther(s.doc.DrainUnit, drainUnit) || isOther(s.doc.FenceUnit, fenceUnit) {
		return fmt.Errorf("the files of a node are %s, %s and %s; the document has others, and nothing was changed", host.MeshFile, drainUnit, fenceUnit)
	}
	if err := s.h.NeedRoom(host.Gatehouse, host.UnitDir, host.ConsulDir, filepath.Dir(host.MeshFile)); err != nil {
		return err
	}
	if err := s.needPrograms(); err != nil {
		return err
	}
	if s.doc.Role == document.Worker {
		if err := s.checkEnvoy(); err != nil {
			return err
		}
	}
	if err := consul.WaitForAgent(ctx, s.agent, s.tools.Patience, s.tools.Poll); err != nil {
		return err
	}
	return s.findAgent(ctx)
}

func (s *setup) needPrograms() error {
	programs := []string{"consul"}
	if s.doc.Role == document.Worker {
		programs = append(programs, "envoy")
	}
	var missing []string
	for _, program := range programs {
		if _, err := s.tools.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("not on this node: %s; install them (the rendered user_data does) and deploy again", strings.Join(missing, ", "))
}

// change is the set-up as a list.
func (s *setup) change(ctx context.Context) error {
	steps := []func(context.Context) error{s.folders, s.meshCommand, s.record}
	if s.doc.Role == document.Worker {
		steps = append(steps, s.nodeEnv)
	}
	for _, one := range []struct {
		name string
		file *document.File
	}{{fenceName, s.doc.FenceUnit}, {drainName, s.doc.DrainUnit}} {
		if one.file != nil {
			steps = append(steps, func(ctx context.Context) error { return s.unit(ctx, one.name, *one.file) })
		}
	}
	return undo.Steps(ctx, steps...)
}

func (s *setup) folders(context.Context) error {
	for _, one := range []struct {
		path  string
		mode  os.FileMode
		owner host.Owner
	}{
		{host.Gatehouse, 0o755, root},
		{host.Instances, 0o755, root},
		{host.Binaries, 0o755, root},
		{host.EnvDir, 0o700, root},
		{host.Meshes, 0o755, root},
		{host.Incoming, 0o755, root},
		// The user who deploys uploads binaries here.
		{instance.Incoming(s.doc.Mesh), 0o700, host.Owner{User: s.tools.Login}},
	} {
		if err := s.undo.Folder(s.h, one.path, one.mode, one.owner); err != nil {
			return err
		}
	}
	return nil
}

func (s *setup) meshCommand(context.Context) error {
	if s.h.Exists(host.MeshFile) && !IsMeshCommand(s.h) {
		s.h.Say("%s stays: it is another program; the command mesh is here: %s mesh", host.MeshFile, host.Program)
		return nil
	}
	_, err := s.undo.Install(s.h, s.doc.MeshCommand)
	return err
}

// IsMeshCommand says whether the file of the `mesh` command is Gatehouse's: a person may have another program of that name.
func IsMeshCommand(h *host.Host) bool {
	text, err := h.Read(host.MeshFile)
	return err == nil && bytes.Contains(text, []byte(host.Gatehouse+"/"))
}
