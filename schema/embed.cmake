# Writes OUT, a C file with one constant per SQL file: policy_schema_0001_tables for 0001_tables.sql.
# Octet values rather than literals: ISO C promises only 4095 characters in a string literal.
set(text "/* Made from the SQL files of schema at build time. */\n")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," octets "${hex}")
  string(APPEND text "extern const char policy_schema_${name}[];\nconst char policy_schema_${name}[] = {${octets}0};\n")
endforeach()
file(WRITE ${OUT} "${text}")
