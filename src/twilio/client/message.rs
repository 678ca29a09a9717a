//! Texting somebody (<https://www.twilio.com/docs/messaging/api/message-resource>).

use super::TwilioClient;
use super::error::TwilioError;
use crate::domain::phone::PhoneNumber;

impl TwilioClient {
    /// Sends a text; that Twilio has taken it does not mean that it arrives. After `Unclear` it may have been sent.
    pub async fn text(&self, to: &PhoneNumber, from: &PhoneNumber, body: &str) -> Result<(), TwilioError> {
        let form = [("To", to.as_str()), ("From", from.as_str()), ("Body", body)];
        self.post(&self.list_path("Messages"), &form).await.map(|_| ())
    }
}
