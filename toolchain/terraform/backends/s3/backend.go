// Package s3 stands where Terraform's "s3" state backend would be.
package s3

import "github.com/hashicorp/terraform/internal/backend"

// New is called when a configuration names the backend.
func New() backend.Backend {
	panic("this Terraform was built by Gatehouse, without the s3 backend: install HashiCorp's")
}
