package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"gatehouse/providers/internal/serve"
)

// fileModel is one local_file as Terraform keeps it.
type fileModel struct {
	ID                  types.String `tfsdk:"id"`
	Filename            types.String `tfsdk:"filename"`
	Content             types.String `tfsdk:"content"`
	SensitiveContent    types.String `tfsdk:"sensitive_content"`
	ContentBase64       types.String `tfsdk:"content_base64"`
	Source              types.String `tfsdk:"source"`
	FilePermission      types.String `tfsdk:"file_permission"`
	DirectoryPermission types.String `tfsdk:"directory_permission"`
	ContentMD5          types.String `tfsdk:"content_md5"`
	ContentSHA1         types.String `tfsdk:"content_sha1"`
	ContentSHA256       types.String `tfsdk:"content_sha256"`
	ContentBase64SHA256 types.String `tfsdk:"content_base64sha256"`
	ContentSHA512       types.String `tfsdk:"content_sha512"`
	ContentBase64SHA512 types.String `tfsdk:"content_base64sha512"`
}

func (fileResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	filename := serve.Replaces("Path of the file; missing folders are made.")
	filename.Optional, filename.Required = false, true
	sensitive := serve.Replaces("The content as text, hidden in plans.")
	sensitive.Sensitive = true
	sensitive.DeprecationMessage = "Use the local_sensitive_file resource of the real provider instead."
	resp.Schema = schema.Schema{
		Attributes: map[string]schema.Attribute{
			"id":                   schema.StringAttribute{Computed: true, Description: "SHA1 of the content, in hex."},
			"filename":             filename,
			"content":              serve.Replaces("The content as text."),
			"sensitive_content":    sensitive,
			"content_base64":       serve.Replaces("The content in base64."),
			"source":               serve.Replaces("Path of a file to copy."),
			"file_permission":      permission("Mode of the file before umask, in octal."),
			"directory_permission": permission("Mode of folders that are made, before umask, in octal."),
			"content_md5":          computed("MD5, in hex."),
			"content_sha1":         computed("SHA1, in hex."),
			"content_sha256":       computed("SHA256, in hex."),
			"content_base64sha256": computed("SHA256, in base64."),
			"content_sha512":       computed("SHA512, in hex."),
			"content_base64sha512": computed("SHA512, in base64."),
		},
	}
}

func computed(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, Description: description}
}

func permission(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Description:   description,
		Optional:      true,
		Computed:      true,
		Default:       stringdefault.StaticString("0777"),
		PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
	}
}

// ValidateConfig wants exactly one source of the content and octal modes, as the real provider does.
func (fileResource) ValidateConfig(
	ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse,
) {
	var file fileModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &file)...)
	given, unknown := 0, false
	for _, value := range []types.String{file.Content, file.SensitiveContent, file.ContentBase64, file.Source} {
		unknown = unknown || value.IsUnknown()
		if !value.IsNull() {
			given++
		}
	}
	if !resp.Diagnostics.HasError() && (given == 0 || given > 1 && !unknown) {
		resp.Diagnostics.AddError("local_file needs exactly one content",
			fmt.Sprintf("%d of content, sensitive_content, content_base64 and source are given.", given))
	}
	modes := map[string]types.String{
		"file_permission": file.FilePermission, "directory_permission": file.DirectoryPermission,
	}
	for name, value := range modes {
		if value.IsNull() || value.IsUnknown() {
			continue
		}
		if _, err := fileMode(value); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root(name), "Bad file mode", err.Error())
		}
	}
}

// fileMode reads three or four octal digits.
func fileMode(value types.String) (uint64, error) {
	text := value.ValueString()
	mode, err := strconv.ParseUint(text, 8, 32)
	if err != nil || len(text) < 3 || len(text) > 4 || mode > 0o777 {
		return 0, fmt.Errorf("%q is not a mode: write three octal digits, with or without a leading 0, such as 0644", text)
	}
	return mode, nil
}
