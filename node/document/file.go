package document

import (
	"fmt"
	"os"
	"strconv"
)

// FileMode is the mode of the file.
func (f File) FileMode() (os.FileMode, error) {
	mode, err := strconv.ParseUint(f.Mode, 8, 32)
	if err != nil || mode > 0o777 {
		return 0, fmt.Errorf("the mode %s of %s is not octal", f.Mode, f.Path)
	}
	return os.FileMode(mode), nil
}
