"""The command line.

main              the entry point: the table of commands, error messages, exit statuses
lazy_group        imports a command only when it is run
commands/         one module a command, with its options
options           what several commands take
output            JSON lines, messages on standard error, exit statuses
startup           opens the encoder, the reader model and the library
progress          progress bar and summary of an indexing run
answer_text       an answer as the terminal shows it
answer_json       an answer as JSON: the contract that scripts rely on
chat_session      the conversation of ``quoth chat``
eval_report/      what ``quoth eval`` measured: tables, JSON, a plot
watch_loop        what ``quoth index --watch`` runs
watch_supervisor  keeps a process that watches running beside ``quoth serve``
"""
