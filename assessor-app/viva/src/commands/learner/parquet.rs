//! A cohort's figures as a Parquet file: the columns of the CSV file, with types.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use viva_learner::cohort::Row;

const SCHEMA: &str = "message cohort {
    required binary metric (UTF8);
    optional double value;
    required int64 n;
    required binary definition (UTF8);
}";

/// The file's bytes: one row group, no compression, the same for the same rows.
pub(super) fn of(rows: &[Row]) -> Result<Vec<u8>> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    // The library's own name and version would make files differ between builds.
    let properties = WriterProperties::builder().set_created_by("viva".to_owned()).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    let text = |of: fn(&Row) -> &str| rows.iter().map(|row| ByteArray::from(of(row))).collect::<Vec<_>>();
    let values: Vec<f64> = rows.iter().filter_map(|row| row.value).collect();
    let there: Vec<i16> = rows.iter().map(|row| i16::from(row.value.is_some())).collect();
    let counts: Vec<i64> = rows.iter().map(|row| row.n as i64).collect();
    for at in 0..4 {
        let mut column = group.next_column()?.context("the schema has four columns")?;
        let written = match at {
            0 => column.typed::<ByteArrayType>().write_batch(&text(|row| &row.metric), None, None)?,
            1 => column.typed::<DoubleType>().write_batch(&values, Some(&there), None)?,
            2 => column.typed::<Int64Type>().write_batch(&counts, None, None)?,
            _ => column.typed::<ByteArrayType>().write_batch(&text(|row| row.definition), None, None)?,
        };
        debug_assert!(written <= rows.len());
        column.close()?;
    }
    group.close()?;
    Ok(writer.into_inner()?)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::RowAccessor as _;

    use super::*;

    #[test]
    fn rows_read_back_with_their_types() {
        let row = |metric: &str, value, n| Row {
            metric: metric.to_owned(),
            value,
            n,
            definition: "what it counts, \"so\"",
            is_count: false,
        };
        let rows = [row("adoption", Some(0.25), 8), row("quality", None, 0), row("ü: x at L0", Some(3.0), 5)];
        let bytes = of(&rows).expect("writes");
        assert_eq!(of(&rows).expect("writes"), bytes);
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&bytes).expect("a test may write");
        let reader = SerializedFileReader::new(file).expect("is Parquet");
        let read: Vec<_> = reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row")).collect();
        assert_eq!(read.len(), 3);
        for (read, row) in read.iter().zip(&rows) {
            assert_eq!(read.get_string(0).expect("text"), &row.metric);
            assert_eq!(read.get_double(1).ok(), row.value);
            assert_eq!(read.get_long(2).expect("a number"), row.n as i64);
            assert_eq!(read.get_string(3).expect("text"), row.definition);
        }
    }
}
