# The module, by nginx's own configure. Included by Makefile.ext.
#
# Debian's nginx-dev brings configure and headers, but no sources and no
# place to write; everything that is made goes to $(BUILD)/nginx. For another
# nginx name its unpacked sources and the flags of its build:
#
#     NGINX_SRC=/path/to/nginx-1.26.2  NGINX_FLAGS="--with-compat …"

NGINX_SRC   ?= /usr/share/nginx/src
NGINX_FLAGS ?= $(shell . $(NGINX_SRC)/conf_flags 2> /dev/null \
                   && echo "$${NGX_CONF_FLAGS[@]}" || echo --with-compat)

# NGX_LIB=1: the module is linked with libparley.a, so that a build of which
# nothing is installed compiles each file once. Else nginx compiles all of it,
# as it does on its own.
NGX_LIB     ?=
NGX_LIB_A    = $(if $(NGX_LIB),$(abspath $(BUILD))/libparley.a)

NGX_BUILD    = $(abspath $(BUILD))/nginx
NGX_C        = $(wildcard src/core/*.c src/channel/*.c src/engine/*.c \
                   src/api/*.c src/http/*.c)
NGX_H        = $(wildcard src/core/*.h src/channel/*.h src/engine/*.h \
                   src/api/*.h src/http/*.h src/numbering/*.h)
NGX_OPTIONS  = $(CC) $(OPT) $(SAN) $(NGINX_SRC) $(NGINX_FLAGS) $(NGX_LIB_A) \
               $(NGX_C)

# configure knows the sources by name: it runs again when one comes or goes,
# or when it would be told something else

.PHONY: nginx-options

ifneq ($(NGX_OPTIONS),$(file < $(NGX_BUILD)/options))
$(NGX_BUILD)/options: nginx-options
endif

$(NGX_BUILD)/options:
	@mkdir -p $(@D)
	@echo '$(NGX_OPTIONS)' | cmp -s - $@ || echo '$(NGX_OPTIONS)' > $@

$(NGX_BUILD)/Makefile: $(NGX_BUILD)/options config $(BUILD)/gen/stamp
	@test -x $(NGINX_SRC)/configure \
	    || { echo "no nginx in $(NGINX_SRC): install nginx-dev," \
	              "or set NGINX_SRC" >&2; exit 1; }
	cd $(NGINX_SRC) && PARLEY_GEN=$(abspath $(BUILD))/gen \
	    PARLEY_LIB='$(NGX_LIB_A)' ./configure --builddir=$(NGX_BUILD) --with-cc='$(CC)' \
	    --with-cc-opt='$(OPT) $(SAN)' --with-ld-opt='$(SAN)' \
	    $(NGINX_FLAGS) --add-dynamic-module=$(CURDIR) \
	    > $(NGX_BUILD)/configure.log \
	    || { tail -n 20 $(NGX_BUILD)/configure.log >&2; exit 1; }

$(BUILD)/ngx_http_parley_module.so: $(NGX_BUILD)/Makefile $(NGX_C) $(NGX_H) \
                                    $(GEN_C) $(NGX_LIB_A:$(CURDIR)/%=%)
	@rm -f $(if $(NGX_LIB),$(NGX_BUILD)/ngx_http_parley_module.so)
	$(MAKE) --no-print-directory -C $(NGINX_SRC) -f $(NGX_BUILD)/Makefile \
	    modules
	cp $(NGX_BUILD)/ngx_http_parley_module.so $@.new && mv -f $@.new $@

# the append queue is tested without an nginx, but with its headers

NGX_INCS     = -isystem $(NGX_BUILD) $(foreach dir,core event event/modules \
                   os/unix http http/modules http/v2, \
                   -isystem $(NGINX_SRC)/src/$(dir))

GLUE_UNIT    = $(filter $(BUILD)/unit/glue_%,$(UNIT))

$(GLUE_UNIT): private CFLAGS += $(NGX_INCS) -Wno-unused-parameter
$(GLUE_UNIT): | $(NGX_BUILD)/Makefile
