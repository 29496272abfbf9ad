module github.com/hashicorp/terraform/internal/backend/remote-state/oss

go 1.25.9

require github.com/hashicorp/terraform v1.11.4
