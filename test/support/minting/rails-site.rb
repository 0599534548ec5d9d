# A site with the example's route; argv: its folder, with app/ and lib/. Out: JSON with what a visitor is answered
# before and after signing in.

require "action_controller/railtie"
require "json"

class Site < Rails::Application
  config.root = ARGV.fetch(0)
  config.eager_load = false
  config.hosts.clear
  config.logger = Logger.new(nil)
  config.secret_key_base = "a secret of the site"
end

class ApplicationController < ActionController::Base
  User = Struct.new(:id)

  private

  def current_user
    session[:user] && User.new(session[:user])
  end

  def authenticate_user!
    head :unauthorized unless current_user
  end
end

class SignInsController < ApplicationController
  def show
    session[:user] = 1
    head :no_content
  end
end

Rails.application.initialize!
Rails.application.routes.draw do
  get "credentials", to: "credentials#show"
  get "sign-in", to: "sign_ins#show"
end

visitor = ActionDispatch::Integration::Session.new(Rails.application)
before = visitor.get("/credentials")
visitor.get("/sign-in")
after = visitor.get("/credentials")
cached = visitor.response.headers["Cache-Control"]
puts JSON.generate(before: before, after: after, cached: cached, minted: JSON.parse(visitor.response.body))
