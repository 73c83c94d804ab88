#!/bin/sh
# Runs a command (npm, npx) without those npm settings of the user that change what is installed and where. Registry, proxy,
# certificates and cache stay as the user has set them. The environment overrides the settings, so that it also does so for the npm
# that the install script of the package `node` starts: with install-strategy=linked, that script would start npm forever.
unset NODE_ENV NODE_OPTIONS
exec env \
  npm_config_dry_run=false \
  npm_config_engine_strict=false \
  npm_config_global=false \
  npm_config_install_strategy=hoisted \
  npm_config_json=false \
  npm_config_loglevel=error \
  npm_config_package_lock=true \
  "$@"
