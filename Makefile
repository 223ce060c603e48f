# The front doors. Underneath: CMake presets and Ninja (CMakePresets.json).

BUILD := build
export RINGSIDE := $(CURDIR)/$(BUILD)/ringside

.PHONY: all setup run test bench lint format install clean
all: setup
	@cmake --preset release >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log
	@cmake --build --preset release

# Install what is missing, on Debian or Ubuntu, as root or with sudo.
setup:
	@./setup.sh

# The fifth tutorial, end to end.
run: all
	@examples/second-driver/run.sh

test: all
	@tests/run.sh

bench: all
	@tests/bench/run.sh

lint: setup
	@tests/lint.sh

format:
	@git ls-files 'src/*.c' 'src/*.h' 'include/*.h' 'tests/unit/*' 'tests/fuzz/*.c' | xargs clang-format-19 -i

install: all
	cmake --install $(BUILD)

clean:
	rm -rf $(BUILD) build-asan build-debug
