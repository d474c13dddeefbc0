"""What both witnesses are told: the table's rows, the implementations' rules, raw counts and conventions."""
