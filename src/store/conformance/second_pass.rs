//! Second passes: the first of an answer stays, and goes with its session's record.

use super::{at, new_session};
use crate::{
    domain::{
        id::{ItemId, SessionId},
        second_pass::Version,
    },
    store::{SqlStore, Store, StoreError, second_pass::SecondPass},
};

/// What was heard once more is there once, as it was first.
pub async fn check(store: &SqlStore) {
    let session = new_session(62);
    let id = session.session_id.clone();
    store.create_session(session).await.expect("kept");
    let pass = |item: &str, content: &str| SecondPass {
        item_id: ItemId::new(item),
        content: content.to_owned(),
        engine: "builtin".to_owned(),
        model: "a model".to_owned(),
        heard_ms: 1_500,
        shown: Version::SecondPass,
        at: at(5),
    };
    for content in ["first", "again"] {
        store.put_second_pass(&id, pass("item_b", content)).await.expect("kept");
    }
    let unheard = SecondPass { shown: Version::Live, ..pass("item_a", "") };
    store.put_second_pass(&id, unheard.clone()).await.expect("kept");
    let record = store.load_session(&id).await.expect("read").expect("there");
    assert_eq!(record.second_pass, [unheard, pass("item_b", "first")]);
    let unknown = store.put_second_pass(&SessionId::new("ses_nobody"), pass("item_a", "words")).await;
    assert_eq!(unknown, Err(StoreError::Unknown));
}
