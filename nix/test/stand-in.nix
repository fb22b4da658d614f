# As much of nixpkgs' lib and module system as our modules use, so that they can be evaluated without nixpkgs: option
# types, defaults, unknown options, mkIf, and the deep merge of what several modules set.
rec {
  fail = message: throw message;

  type = name: check: { inherit name check; };
  lib = rec {
    inherit (builtins) elem filter concatStringsSep;
    mkOption = option: option // { isOption = true; };
    mkEnableOption = what: mkOption {
      type = types.bool;
      default = false;
      description = "Whether to enable ${what}.";
    };
    mkIf = condition: content: if condition then content else { };
    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: values: if condition then values else [ ];
    literalExpression = text: text;
    recursiveUpdate = left: right:
      left // builtins.mapAttrs
        (name: value:
          if builtins.isAttrs value && builtins.isAttrs (left.${name} or null)
          then recursiveUpdate left.${name} value
          else value)
        right;
    types = {
      bool = type "boolean" builtins.isBool;
      str = type "string" builtins.isString;
      path = type "absolute path" (value: builtins.isString value && builtins.substring 0 1 value == "/");
      package = type "package" builtins.isString;
      attrs = type "attribute set" builtins.isAttrs;
      enum = values: type "one of ${concatStringsSep ", " values}" (value: elem value values);
      listOf = inner: type "list of ${inner.name}" (value: builtins.isList value && builtins.all inner.check value);
      nullOr = inner: type "null or ${inner.name}" (value: value == null || inner.check value);
    };
  };

  # Lists of several modules are joined, sets are merged, and a value that two of them set is an error.
  merge = path: left: right:
    if builtins.isAttrs left && builtins.isAttrs right then
      left // builtins.mapAttrs (name: value: if left ? ${name} then merge "${path}.${name}" left.${name} value else value) right
    else if builtins.isList left && builtins.isList right then left ++ right
    else fail "${path} is set twice";

  # The values of a tree of options: what the user set, checked, or else the default.
  valuesOf = path: options: settings:
    if options.isOption or false then
      let value = if settings == null then options.default or (fail "${path} has no default and is not set") else settings.value;
      in if options.type.check value then value else fail "${path}: not a ${options.type.name}"
    else
      let
        set = if settings == null then { } else settings.value;
        unknown = builtins.filter (name: !(options ? ${name})) (builtins.attrNames set);
        child = name: option: valuesOf "${path}.${name}" option (if set ? ${name} then { value = set.${name}; } else null);
      in
      if unknown != [ ] then fail "${path} has no option ${builtins.head unknown}" else builtins.mapAttrs child options;

  # Everything that `module` and its imports set, given the user's settings of services.k8shost.
  evaluate = module: pkgs: settings:
    let
      collect = file: let content = import file arguments; in [ content ] ++ builtins.concatMap collect (content.imports or [ ]);
      modules = collect module;
      options = builtins.foldl' (merge "options") { } (map (one: one.options.services.k8shost) modules);
      arguments = {
        inherit lib pkgs;
        # What modules read back of each other stays lazy: their mkIf depends on the options alone.
        config = {
          services.k8shost = valuesOf "services.k8shost" options { value = settings; };
          inherit (outside) environment;
        };
      };
      outside = builtins.foldl' (merge "config") { } (map (one: one.config) modules);
    in
    outside // { failedAssertions = map (one: one.message) (builtins.filter (one: !one.assertion) (outside.assertions or [ ])); };
}
