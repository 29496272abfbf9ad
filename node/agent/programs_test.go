package agent

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// consulOnPath finds the real program.
func consulOnPath(t *testing.T) {
	program := os.Getenv("GATEHOUSE_CONSUL")
	if program == "" {
		program, _ = exec.LookPath("consul")
	}
	if program == "" {
		home, _ := os.UserHomeDir()
		program = filepath.Join(home, ".cache/gatehouse/consul-1.22.7/consul")
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("NOT TESTED: consul is not here (GATEHOUSE_CONSUL names it)")
	}
	t.Setenv("PATH", filepath.Dir(program)+":"+os.Getenv("PATH"))
}

func TestConsulMakesTheCertificateForEnvoys(t *testing.T) {
	consulOnPath(t)
	made, err := xdsCertificate(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(made.CA) {
		t.Fatal("there is no authority")
	}
	block, _ := pem.Decode(made.Certificate)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := certificate.Verify(x509.VerifyOptions{Roots: authorities, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Error(err)
	}
	if certificate.NotAfter.Year()-certificate.NotBefore.Year() < 9 || !strings.Contains(string(made.Key), "PRIVATE KEY") {
		t.Errorf("valid until %s", certificate.NotAfter)
	}
}

func TestConsulValidates(t *testing.T) {
	consulOnPath(t)
	file := filepath.Join(t.TempDir(), "consul.hcl")
	for text, good := range map[string]bool{
		"data_dir = \"/opt/consul\"\nserver = true\nbootstrap_expect = 1\nbind_addr = \"127.0.0.1\"\n": true,
		"data_dir = \"/opt/consul\"\nsever = true\n":                                                   false,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := validate(context.Background(), file)
		if good != (err == nil) || err != nil && !strings.Contains(err.Error(), "sever") {
			t.Errorf("%s: %v", text, err)
		}
	}
	t.Setenv("PATH", "/nowhere")
	if err := validate(context.Background(), file); err != errNoConsul {
		t.Errorf("without consul: %v", err)
	}
}
