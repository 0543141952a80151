SELECT region, gss, {category} AS category, households, people FROM bound
