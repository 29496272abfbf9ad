package inspect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/systemd"
)

// units fills in the state of the units, the programs that they run, and the sockets that other nodes reach.
func (n Node) units(ctx context.Context, asked document.Inspection, sums *hashes, report *document.Report) error {
	names, err := n.unitNames(ctx, asked)
	if err != nil {
		return err
	}
	type look struct {
		unit    systemd.Unit
		process *document.ProcessReport
		open    []document.OpenSocket
		err     error
	}
	looks := inParallel(names, func(name string) look {
		unit, err := n.Units.Unit(ctx, name)
		one := look{unit: unit, err: err}
		if slices.Contains(asked.Units, name) {
			one.process = n.process(unit, sums)
		}
		if slices.Contains(asked.Services, name) {
			one.open = n.open(unit)
		}
		return one
	})
	report.Units, report.Processes, report.Open = []document.UnitReport{}, []document.ProcessReport{}, []document.OpenSocket{}
	for _, one := range looks {
		err = errors.Join(err, one.err)
		report.Units = append(report.Units, unitReport(one.unit))
		if one.process != nil {
			report.Processes = append(report.Processes, *one.process)
		}
		report.Open = append(report.Open, one.open...)
	}
	return err
}

// unitNames are the declared units, and all others with the name of a workload of this mesh.
func (n Node) unitNames(ctx context.Context, asked document.Inspection) ([]string, error) {
	there, err := n.Units.ServiceNames(ctx)
	if err != nil {
		return nil, fmt.Errorf("systemd does not list its units: %w", err)
	}
	ours := map[string]bool{}
	for _, name := range asked.Names {
		ours[name+".service"], ours[name+"-sidecar-proxy.service"] = true, true
	}
	names := slices.Concat(asked.Units, asked.Services)
	for _, name := range there {
		if ours[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func unitReport(unit systemd.Unit) document.UnitReport {
	return document.UnitReport{
		ID: unit.Name, LoadState: unit.LoadState, ActiveState: unit.ActiveState, UnitFileState: unit.UnitFileState,
		NRestarts: unit.Restarts, FragmentPath: unit.FragmentPath, DropInPaths: append([]string{}, unit.DropInPaths...),
		NeedDaemonReload: unit.NeedDaemonReload, ActiveEnterTimestampMonotonic: unit.ActiveEnter,
	}
}

// process of a unit, if it runs one of Gatehouse's binaries. It is identified by its content, since the file may have been
// replaced.
func (n Node) process(unit systemd.Unit, sums *hashes) *document.ProcessReport {
	link := n.Host.Path(fmt.Sprintf("/proc/%d/exe", unit.MainPID))
	exe, err := os.Readlink(link)
	exe = strings.TrimPrefix(exe, n.Host.Root)
	if unit.MainPID == 0 || err != nil || !strings.HasPrefix(exe, host.Binaries+"/") {
		return nil
	}
	return &document.ProcessReport{Unit: unit.Name, Exe: exe, SHA256: sums.of(link)}
}

func (n Node) open(unit systemd.Unit) []document.OpenSocket {
	var open []document.OpenSocket
	for _, socket := range n.Open(unit.ControlGroup) {
		open = append(open, document.OpenSocket{Unit: unit.Name, At: socket.String()})
	}
	return open
}
