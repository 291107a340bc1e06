//! Errors: the closed table of codes, as a status of gRPC with the code in its metadata.

use crate::wire::error_code::ErrorCode;
use tonic::{
    Code, Status,
    metadata::{MetadataMap, MetadataValue},
};

/// Metadata that holds the code of the REST API.
pub const CODE_KEY: &str = "viva-code";
/// Metadata that holds the seconds after which to try again.
pub const RETRY_KEY: &str = "retry-after";

/// What went wrong, as the REST API says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: ErrorCode,
    /// For people.
    pub detail: String,
    pub retry_after_s: Option<u64>,
}

impl From<Problem> for Status {
    fn from(problem: Problem) -> Self {
        let row = problem.code.row();
        let mut metadata = MetadataMap::new();
        metadata.insert(CODE_KEY, MetadataValue::from_static(row.name));
        if let Some(seconds) = problem.retry_after_s {
            metadata.insert(RETRY_KEY, MetadataValue::from(seconds));
        }
        Self::with_metadata(Code::from_i32(row.grpc_status()), problem.detail, metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::error_code::ERROR_CODES;

    #[test]
    fn every_code_of_the_table_has_a_status_of_its_own_kind() {
        for row in ERROR_CODES {
            let problem = Problem { code: row.code, detail: "why".to_owned(), retry_after_s: Some(7) };
            let status = Status::from(problem);
            assert_eq!(status.code() == Code::Internal, row.status == 500, "{}", row.name);
            assert_eq!(status.metadata().get(CODE_KEY).unwrap(), row.name);
            assert_eq!((status.message(), status.metadata().get(RETRY_KEY).unwrap().to_str().ok()), ("why", Some("7")));
        }
    }
}
