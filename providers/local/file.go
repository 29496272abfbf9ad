package main

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// fileResource is a file on the machine that runs Terraform.
type fileResource struct{}

func (fileResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "local_file"
}

func (fileResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var file fileModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &file)...)
	if resp.Diagnostics.HasError() {
		return
	}
	content, err := contentOf(file)
	if err == nil {
		err = write(file, content)
	}
	if err != nil {
		resp.Diagnostics.AddError("Cannot write "+file.Filename.ValueString(), err.Error())
		return
	}
	fillHashes(&file, content)
	resp.Diagnostics.Append(resp.State.Set(ctx, file)...)
}

// Read drops a file that is gone or has other content from the state, so that the next plan writes it again.
func (fileResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var file fileModel
	resp.Diagnostics.Append(req.State.Get(ctx, &file)...)
	if resp.Diagnostics.HasError() {
		return
	}
	content, err := os.ReadFile(file.Filename.ValueString())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		resp.Diagnostics.AddError("Cannot read "+file.Filename.ValueString(), err.Error())
		return
	}
	if err != nil || sha1Hex(content) != file.ID.ValueString() {
		resp.State.RemoveResource(ctx)
	}
}

func (fileResource) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw // every argument replaces: there is nothing to do in place
}

func (fileResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var file fileModel
	resp.Diagnostics.Append(req.State.Get(ctx, &file)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := os.Remove(file.Filename.ValueString()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		resp.Diagnostics.AddError("Cannot remove "+file.Filename.ValueString(), err.Error())
	}
}

func contentOf(file fileModel) ([]byte, error) {
	switch {
	case !file.ContentBase64.IsNull():
		return base64.StdEncoding.DecodeString(file.ContentBase64.ValueString())
	case !file.Source.IsNull():
		return os.ReadFile(file.Source.ValueString())
	case !file.SensitiveContent.IsNull():
		return []byte(file.SensitiveContent.ValueString()), nil
	default:
		return []byte(file.Content.ValueString()), nil
	}
}

func write(file fileModel, content []byte) error {
	folderMode, err := fileMode(file.DirectoryPermission)
	if err != nil {
		return err
	}
	mode, err := fileMode(file.FilePermission)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file.Filename.ValueString()), fs.FileMode(folderMode)); err != nil {
		return err
	}
	return os.WriteFile(file.Filename.ValueString(), content, fs.FileMode(mode))
}

func fillHashes(file *fileModel, content []byte) {
	md5Sum, sha256Sum, sha512Sum := md5.Sum(content), sha256.Sum256(content), sha512.Sum512(content)
	file.ID = types.StringValue(sha1Hex(content))
	file.ContentMD5 = types.StringValue(hex.EncodeToString(md5Sum[:]))
	file.ContentSHA1 = file.ID
	file.ContentSHA256 = types.StringValue(hex.EncodeToString(sha256Sum[:]))
	file.ContentBase64SHA256 = types.StringValue(base64.StdEncoding.EncodeToString(sha256Sum[:]))
	file.ContentSHA512 = types.StringValue(hex.EncodeToString(sha512Sum[:]))
	file.ContentBase64SHA512 = types.StringValue(base64.StdEncoding.EncodeToString(sha512Sum[:]))
}

func sha1Hex(content []byte) string {
	sum := sha1.Sum(content)
	return hex.EncodeToString(sum[:])
}
